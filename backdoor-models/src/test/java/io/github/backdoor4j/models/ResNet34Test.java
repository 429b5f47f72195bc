package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.ArchitectureContract;

class ResNet34Test implements ArchitectureContract<ResNetOptions> {

  @Override
  public ResNet34 strategy() {
    return new ResNet34();
  }

  @Override
  public ResNetOptions options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }
}
