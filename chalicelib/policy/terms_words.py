"""The sentences that terms are made of, in each language that customers read."""

from collections.abc import Mapping

from chalicelib.policy.terms_chinese import CHINESE
from chalicelib.policy.terms_english import ENGLISH
from chalicelib.policy.terms_vocabulary import Vocabulary

LANGUAGES: Mapping[str, Vocabulary] = {"en": ENGLISH, "zh-CN": CHINESE}
