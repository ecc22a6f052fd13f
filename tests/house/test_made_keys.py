"""The keys that a first start makes: whole, one for all processes, readable by their owner only."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = "from django.conf import settings as s; print(s.SECRET_KEY, *s.VAULT_KEYS, s.ERASURE_KEY)"


def test_processes_that_start_at_once_share_one_whole_key(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "",
        "VAULT_KEYS": "",
        "ERASURE_KEY": "",
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", READ], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _each in range(4)
    ]
    told = {process.communicate(timeout=60)[0] for process in started}
    assert len(told) == 1
    secret, vault, erasure = told.pop().split()
    assert (len(secret), len(vault), len(erasure)) == (50, 44, 50)
    kept = sorted(tmp_path.glob("*.key"))
    assert [path.name for path in kept] == ["erasure_key.key", "secret_key.key", "vault_keys.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
