"""The other engine: the same SQL files, said in Spark's words, run by Apache Spark on one machine or a cluster."""
