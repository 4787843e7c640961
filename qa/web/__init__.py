"""The web chat: a Gradio page, on this computer only as a rule. Nothing here is imported until `qa chat` is asked for."""
