"""DDColor (Kang et al., ICCV 2023): colours from learnt queries, painted by two decoders."""
