"""The daemon side of Centralita: deciding, carrying and charging calls, a package a part."""
