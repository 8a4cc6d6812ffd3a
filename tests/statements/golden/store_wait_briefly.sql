SET LOCAL lock_timeout = '800ms'
