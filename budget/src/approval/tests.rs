mod cases;
mod faults;
mod model;
mod properties;
mod rehearsals;
