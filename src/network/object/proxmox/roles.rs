//! The roles that every Proxmox VE has, and what two of their privileges are needed for.

/// Every built-in role of Proxmox VE 8 and 9.
pub const BUILT_IN: [&str; 17] = [
    "Administrator",
    "NoAccess",
    "PVEAdmin",
    "PVEAuditor",
    "PVEDatastoreAdmin",
    "PVEDatastoreUser",
    "PVEMappingAdmin",
    "PVEMappingUser",
    "PVEPoolAdmin",
    "PVEPoolUser",
    "PVESDNAdmin",
    "PVESDNUser",
    "PVESysAdmin",
    "PVETemplateUser",
    "PVEUserAdmin",
    "PVEVMAdmin",
    "PVEVMUser",
];

/// Those that may put a NIC on a bridge (`SDN.Use`).
pub const USE_BRIDGES: [&str; 4] = ["Administrator", "PVEAdmin", "PVESDNAdmin", "PVESDNUser"];

/// Those that may make disks (`Datastore.AllocateSpace`).
pub const MAKE_DISKS: [&str; 4] =
    ["Administrator", "PVEAdmin", "PVEDatastoreAdmin", "PVEDatastoreUser"];

/// Whether Proxmox has a role by itself.
pub fn is_built_in(role: &str) -> bool {
    BUILT_IN.contains(&role)
}
