package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.ArchitectureContract;

class PreActResNet34Test implements ArchitectureContract<PreActResNet18.Options> {

  @Override
  public PreActResNet34 strategy() {
    return new PreActResNet34();
  }

  @Override
  public PreActResNet18.Options options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }
}
