"""Ask your own documents: the answers are their very sentences, each with a citation that can be checked."""

from qa.answers import Answer, Scope
from qa.assistant import Assistant
from qa.citations import Citation
from qa.conversation import Conversation

__all__ = ["Answer", "Assistant", "Citation", "Conversation", "Scope"]
