"""What is heard in and done to telephone sound: digits, progress tones, line echo. Samples only, no device, no call."""
