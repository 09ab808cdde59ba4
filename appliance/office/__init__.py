"""The records around calls: customers now, campaigns and conversations later."""
