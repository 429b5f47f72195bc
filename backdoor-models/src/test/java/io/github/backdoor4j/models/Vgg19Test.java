package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.ArchitectureContract;

class Vgg19Test implements ArchitectureContract<VggOptions> {

  @Override
  public Vgg19 strategy() {
    return new Vgg19();
  }

  @Override
  public VggOptions options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }
}
