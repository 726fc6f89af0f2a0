"""What is true: foot, tissue, drives, sensors and the person. The firmware never sees this."""
