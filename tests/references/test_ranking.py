"""Ranking against loops, and what a choice must never do."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_photo  # type: ignore[import-not-found]

from romnet_bench.data.records import Photo, PhotoSet, encode_shard, shard_path, write_shard
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.references.choice import RankedReferences
from romnet_bench.references.features import load_features
from romnet_bench.references.ranking import rank, similarity
