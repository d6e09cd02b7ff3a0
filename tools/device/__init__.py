"""A scanner in software: enrols, signs, keeps scans while there is no network, sends them later."""

from tools.device.client import Device
from tools.device.journal import Journal
from tools.device.profile import Profile
from tools.device.transport import Answer, NoAnswer, Transport, over_http

__all__ = ["Answer", "Device", "Journal", "NoAnswer", "Profile", "Transport", "over_http"]
