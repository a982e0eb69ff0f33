"""Sample files in the challenge file's shape: the same arguments give the same bytes, everywhere."""

from src.services.sample_data.key import DayCounts, Rejection, SampleSummary, Tally
from src.services.sample_data.rows import Variation
from src.services.sample_data.write import write_sample

__all__ = ["DayCounts", "Rejection", "SampleSummary", "Tally", "Variation", "write_sample"]
