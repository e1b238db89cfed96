"""Residents' proposals in public: what a process publishes, who seconds (a number only), objections, followers."""
