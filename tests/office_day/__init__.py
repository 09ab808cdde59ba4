"""The whole box on real input: from a real line to a handset, with sound, record, charge, lamp and page."""
