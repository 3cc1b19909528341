"""Pix2pix (Isola et al., CVPR 2017): a U-Net and a judge of patches, trained here."""
