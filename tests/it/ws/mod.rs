mod channels;
mod coach;
mod memory;
mod rooms;
mod support;
