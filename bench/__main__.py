"""`make bench`: runs what there is to measure; arguments go to it."""

from __future__ import annotations

import sys

from bench import card_to_lead

if __name__ == "__main__":
    sys.exit(card_to_lead.main(sys.argv[1:]))
