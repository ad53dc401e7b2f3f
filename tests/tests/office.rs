//! Cards with the whole server behind them: leave, every refusal by its name, and whatever happens in whatever order.

#[cfg(test)]
mod office {
    mod interleavings;
    mod refusals;
    mod stage;
}
