//! Cards with the whole server behind them: leave, every refusal by its name, and whatever happens in whatever order.

#[cfg(test)]
mod office {
    mod consents;
    mod interleavings;
    mod leave;
    mod refusals;
    mod stage;
}
