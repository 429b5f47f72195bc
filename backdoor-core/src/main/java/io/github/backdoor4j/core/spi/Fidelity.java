package io.github.backdoor4j.core.spi;

/** Whom a method follows where paper and benchmark code differ. */
public enum Fidelity {
  /** The publication, or the authors' own code. */
  PAPER,
  /** What the BackdoorBench code does, its quirks included. */
  BACKDOORBENCH
}
