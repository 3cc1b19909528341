"""DeOldify: a grey photo's colours from one U-Net on a small square copy of it."""
