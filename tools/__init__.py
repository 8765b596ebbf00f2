"""Tools for people who work on clusterlab; not shipped in the wheel."""
