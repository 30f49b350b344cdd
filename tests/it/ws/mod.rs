mod channels;
mod coach;
mod listening;
mod memory;
mod rooms;
mod support;
