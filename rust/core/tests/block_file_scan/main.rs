//! Block files as nodes, disks and attackers leave them.

mod cache;
mod crafted;
mod damage;
