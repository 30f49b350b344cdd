mod channels;
mod coach;
mod memory;
mod rooms;
mod storm;
mod support;
