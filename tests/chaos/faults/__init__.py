"""What two servers are made of fails under load: who asks is told so soon, nothing is lost, and
all is well again by itself."""
