"""Where to build what: who is served within what there is room for, and which sites serve best."""
