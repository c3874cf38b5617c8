# vcpkg's recipe. As an overlay, vcpkg install reel --overlay-ports=packaging/vcpkg, it builds the
# sources that it lies in; a registry's copy gets them by vcpkg_from_git(URL … REF …) instead.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
  FEATURES
    io REEL_WITH_IO
    npz REEL_WITH_NPZ
    png REEL_WITH_PNG)
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${FEATURE_OPTIONS}
    -DREEL_BUILD_TESTS=OFF
    -DREEL_BUILD_EXAMPLES=OFF
    -DREEL_BUILD_BENCH=OFF
    -DREEL_BUILD_CLI=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/reel)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share"
  "${CURRENT_PACKAGES_DIR}/share/doc")
if(VCPKG_LIBRARY_LINKAGE STREQUAL static)
  file(GLOB shared "${CURRENT_PACKAGES_DIR}/lib/libreel.so*" "${CURRENT_PACKAGES_DIR}/debug/lib/libreel.so*"
    "${CURRENT_PACKAGES_DIR}/lib/libreel*.dylib" "${CURRENT_PACKAGES_DIR}/debug/lib/libreel*.dylib")
  if(shared)
    file(REMOVE ${shared})
  endif()
endif()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE" "${SOURCE_PATH}/docs/licences.md")
