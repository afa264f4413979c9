"""Stands in for get-pip.py, which ansible-test would fetch from the internet: our tools' own pip installs what it wants, once.

Each of ansible-test's environments gets a copy of that.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

wanted = [word for word in sys.argv[1:] if "==" in word]
folder = pathlib.Path(os.environ["GET_PIP"]).with_name(" ".join(wanted))
if not folder.exists():
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(str(new), ignore_errors=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]
    subprocess.check_call(["pip", "install", *options, "--target", str(new), *wanted])
    new.rename(folder)
shutil.copytree(str(folder), sysconfig.get_path("purelib"), dirs_exist_ok=True)
