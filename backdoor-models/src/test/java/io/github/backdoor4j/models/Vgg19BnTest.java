package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.ArchitectureContract;

class Vgg19BnTest implements ArchitectureContract<VggOptions> {

  @Override
  public Vgg19Bn strategy() {
    return new Vgg19Bn();
  }

  @Override
  public VggOptions options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }
}
