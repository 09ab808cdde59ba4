"""Updates of a box's root: signed bundles into the root that is not in use, tried, judged, kept or undone."""
