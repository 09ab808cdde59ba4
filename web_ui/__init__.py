"""The page on the LAN: Flask, one blueprint a noun."""
