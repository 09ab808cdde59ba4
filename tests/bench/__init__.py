"""The figures: each module measures one and ends with a line `NAME value unit (target …)`."""
