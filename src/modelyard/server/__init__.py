"""The processes behind `modelyard up`: supervisor, service, and what the first start makes."""
