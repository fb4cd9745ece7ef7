"""How the site is made of the pages: its navigation, and the page that is generated from the command line itself."""
