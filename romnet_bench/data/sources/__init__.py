"""Where clean photographs come from: one list of `photo.SourcePhoto`, whatever the source.

listing (what `--source` says) → folder, installed (the sample), pascal, div2k, hub; download and
archives for what must be fetched or unpacked first.
"""
