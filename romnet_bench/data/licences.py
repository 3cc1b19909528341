"""The identifiers that the Hub lets stand as a dataset's licence.

As its error message lists them (https://github.com/huggingface/huggingface_hub/issues/4218, of
May 2026), without those for software and models. The public domain mark is not among them.
"""

LICENCES = frozenset(
    {
        "cc",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cdla-sharing-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "c-uda",
        "gfdl",
        "odbl",
        "odc-by",
        "pddl",
        "apache-2.0",
        "mit",
        "unlicense",
        "unknown",
        "other",
    }
)
