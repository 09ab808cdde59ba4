"""What the product promises, shown: a folder a part, `office_day` for the whole box, `bench` for the figures."""
