"""What the features of the page share: the frame, buttons, colours and words."""
