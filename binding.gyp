# Not a second build description: CMakeLists.txt is the build, this only calls it.
{
  'targets': [{
    'target_name': 'addon',
    'type': 'none',
    'actions': [{
      'action_name': 'cmake_js',
      'inputs': ['CMakeLists.txt'],
      'outputs': ['<(module_root_dir)/build/native/always'],
      'action': ['npm', 'run', '--prefix', '<(module_root_dir)', 'build:native'],
    }],
  }],
}
