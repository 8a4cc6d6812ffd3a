"""All settings, by subject. Every environment variable that Confab reads is named in this folder."""

from config.settings.application import *
from config.settings.people import *
from config.settings.product import *
from config.settings.services import *
from config.settings.variables import BASE_DIR, DATA_DIR, RUNNING
