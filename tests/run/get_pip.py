"""Stands in for get-pip.py, which ansible-test would fetch from the internet: our tools' own pip installs what it wants, once.

Each of ansible-test's environments gets links to that: what Python compiles of it on first use is there for the next one.
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
for package in folder.iterdir():
    pathlib.Path(sysconfig.get_path("purelib"), package.name).symlink_to(package)
pathlib.Path(sys.prefix, "pip.conf").write_text("[install]\nno-compile = true\n")
