package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.ArchitectureContract;

class PreActResNet50Test implements ArchitectureContract<PreActResNet18.Options> {

  @Override
  public PreActResNet50 strategy() {
    return new PreActResNet50();
  }

  @Override
  public PreActResNet18.Options options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }
}
