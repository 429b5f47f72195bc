package io.github.backdoor4j.testkit;

class ToyArchitectureTest implements ArchitectureContract<ToyArchitecture.Options> {
  @Override
  public ToyArchitecture strategy() {
    return new ToyArchitecture();
  }
}
