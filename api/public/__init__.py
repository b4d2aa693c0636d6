"""The pages that are open to everybody: the referral form without an account."""
