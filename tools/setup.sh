#!/bin/sh
# Make a virtual environment hold exactly the locked packages: setup.sh <folder> <lock file> <python>
# Called by the Makefile when the lock is newer than the environment. Says in one sentence what is missing.
set -eu
folder=$1 lock=$2 python=$3

refuse() { echo "✗ $1" >&2; exit 1; }

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true; }

# Where nobody named a Python and `python3` is too old or too new, one of the versions we support may be beside it.
candidates=$python
[ "$python" = python3 ] && candidates="python3 python3.13 python3.12 python3.11"
version=
for candidate in $candidates; do
    case $(version_of "$candidate") in 3.11 | 3.12 | 3.13) python=$candidate version=$(version_of "$candidate"); break ;; esac
done
if [ -z "$version" ]; then
    there=$(version_of "$python")
    refuse "tuiku needs Python 3.11, 3.12 or 3.13, and '$python' is ${there:-not there}: install one, or name yours with PYTHON=<path>."
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    refuse "Python $version came without its venv module: install it (on Debian and Ubuntu: apt install python$version-venv)."

present=$(version_of "$folder/bin/python")
if [ "$present" != "$version" ]; then
    "$python" -m venv --clear "$folder" || refuse "Python $version could not make the environment $folder."
fi
echo "Installing $lock into $folder (Python $version) ..."
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" ||
    refuse "The packages of $lock were not installed (see above): check the network, then run the command again."
touch "$folder/.ready"
