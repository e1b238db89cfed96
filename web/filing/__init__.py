"""Filing a matter: the same page for residents in the portal and for staff who write down what somebody says."""
