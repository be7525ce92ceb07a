"""Webhooks: addresses of others that are told, at their own pace, what is done with incidents."""
